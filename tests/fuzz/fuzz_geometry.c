/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known binary, as connectors and GeoPackage files bring it: scanned, written as text, put
 * into a GeoPackage blob and taken out again; and the input as such a blob. */
#include <stdlib.h>
#include <unistd.h>

#include "../../plugins/files/files_wkt.h"
#include "../../plugins/geopackage/gpkg_geometry.h"
#include "bytes.h"

static char written[FILES_SINK_BYTES];

/* What is written is only looked at. */
void files_sink_empty(struct files_sink *sink)
{
    for (size_t i = 0; i < sink->used; i++)
        if ((unsigned char)sink->buffer[i] >= 0x7F || (unsigned char)sink->buffer[i] < ' ')
            fuzz_broken("a text of a geometry has the byte 0x%02X", (unsigned char)sink->buffer[i]);
    sink->used = 0;
}

static void check_blob(const uint8_t *wkb, size_t len, const struct gpkg_shape *shape)
{
    struct gpkg_blob back;
    uint8_t *blob = malloc(GPKG_HEADER_MAX + len);
    if (blob == NULL)
        abort();
    size_t head = gpkg_header_write(blob, 2154, shape);
    if (len > 0)
        memcpy(blob + head, wkb, len);
    if (!gpkg_blob_parse(blob, head + len, &back) || back.wkb_len != len || back.srs_id != 2154 ||
        (len > 0 && memcmp(back.wkb, wkb, len) != 0))
        fuzz_broken("a geometry does not come back from its blob");
    free(blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gpkg_shape shape = { 0 };
    struct gpkg_blob blob;
    struct files_sink sink = { .fd = -1, .buffer = written };
    const char *problem = NULL;
    bool whole = gpkg_wkb_scan(data, size, &shape, &problem);
    if (!whole && problem == NULL)
        fuzz_broken("bytes are no geometry, and nobody says why");
    if (whole)
        check_blob(data, size, &shape);
    (void)files_wkt_put(&sink, data, size);
    files_sink_empty(&sink);
    if (gpkg_blob_parse(data, size, &blob) && blob.wkb_len > 0 &&
        (blob.wkb < data || blob.wkb + blob.wkb_len > data + size))
        fuzz_broken("a blob's geometry lies outside of it");
    return 0;
}
