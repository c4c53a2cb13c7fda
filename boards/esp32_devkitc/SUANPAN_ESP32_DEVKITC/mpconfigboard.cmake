# A MicroPython 1.29 of our own for this board. Never built here: no ESP-IDF was at hand.
#
#   make -C micropython/ports/esp32 BOARD_DIR=$PWD/boards/esp32_devkitc/SUANPAN_ESP32_DEVKITC
#
# It mounts the application's slot as the ROMFS that it is. With BOARD_VARIANT=FROZEN the application is within it
# instead, and no update but a new image changes it.
set(IDF_TARGET esp32)

# The path of the table is not known before the build.
set(SUANPAN_PARTITIONS ${CMAKE_BINARY_DIR}/sdkconfig.partitions)
file(WRITE ${SUANPAN_PARTITIONS} "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions.csv\"\n")

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.240mhz
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${SUANPAN_PARTITIONS}
)

if(MICROPY_BOARD_VARIANT STREQUAL "FROZEN")
    set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
endif()
