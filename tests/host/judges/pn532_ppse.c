/* A reader's program on libnfc: one card of type A or B, the PPSE, and what else is on the command line.

   pn532_ppse a|b|poll [command ...], in hexadecimal: an answer a line, or what libnfc says of it. `poll` leaves it to the
   chip to find out which of the two it is. */

#include <nfc/nfc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const PPSE = "00A404000E325041592E5359532E444446303100";

static int exchange(nfc_device *reader, const char *command)
{
    uint8_t out[300], in[70000];
    size_t size = strlen(command) / 2;

    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        if (sscanf(command + 2 * i, "%2x", &byte) != 1)
            return 1;
        out[i] = (uint8_t)byte;
    }
    int count = nfc_initiator_transceive_bytes(reader, out, size, in, sizeof in, 2000);
    if (count < 0) {
        printf("error %d\n", count);
        return 0;
    }
    for (int i = 0; i < count; i++)
        printf("%02x", in[i]);
    printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    nfc_context *context;
    nfc_target card;

    if (argc < 2)
        return 2;
    const nfc_modulation kinds[] = {{NMT_ISO14443A, NBR_106}, {NMT_ISO14443B, NBR_106}};
    nfc_init(&context);
    nfc_device *reader = context ? nfc_open(context, NULL) : NULL;
    if (!reader || nfc_initiator_init(reader) < 0)
        return 3;
    nfc_device_set_property_bool(reader, NP_INFINITE_SELECT, false);
    if (argv[1][0] == 'p')
        printf("cards %d\n", nfc_initiator_poll_target(reader, kinds, 2, 3, 1, &card));
    else
        printf("cards %d\n", nfc_initiator_select_passive_target(reader, kinds[argv[1][0] - 'a'], NULL, 0, &card));
    if (exchange(reader, PPSE))
        return 4;
    for (int i = 2; i < argc; i++)
        if (exchange(reader, argv[i]))
            return 4;
    printf("present %d\n", nfc_initiator_target_is_present(reader, NULL));
    nfc_initiator_deselect_target(reader);
    nfc_close(reader);
    nfc_exit(context);
    return 0;
}
