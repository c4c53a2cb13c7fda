# A MicroPython 1.29 of our own for this board. Never built here: no ESP-IDF was at hand.
#
#   make -C micropython/ports/esp32 BOARD_DIR=$PWD/boards/esp32s3_devkitc/SUANPAN_ESP32S3_DEVKITC
#
# The application is frozen into it: its code takes no RAM, and no update but a new image changes it. The slots are for
# the stock image; their ROMFS is not mapped into memory, so MicroPython's own VfsRom has nothing to point into.
# The file system at / then has no boot.py: it would put a slot's application before this one.
set(IDF_TARGET esp32s3)

# The path of the table is not known before the build.
set(SUANPAN_PARTITIONS ${CMAKE_BINARY_DIR}/sdkconfig.partitions)
file(WRITE ${SUANPAN_PARTITIONS} "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions.csv\"\n")

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.240mhz
    boards/sdkconfig.usb
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${SUANPAN_PARTITIONS}
)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
