// Never built here: see mpconfigboard.cmake.
#define MICROPY_HW_BOARD_NAME               "Suanpan on ESP32-DevKitC"
#define MICROPY_HW_MCU_NAME                 "ESP32"

// What a terminal has no use for takes memory, and is a way in.
#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_BLUETOOTH_NIMBLE            (0)
#define MICROPY_PY_ESPNOW                   (0)
#define MICROPY_PY_WEBREPL                  (0)
