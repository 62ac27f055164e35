/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the inputs: files, and members of those that are packed. */
#include "plugin/input_item.h"

#include "orch/error.h"

#include <stdio.h>
#include <unistd.h>

#define PARTS_CAP 100000

/* A file that cannot be read says so when it is opened to be read. */
void orch_input_sniff(struct orch_input_item *item)
{
    uint8_t head[ORCH_PACKED_HEAD];
    bool owned = false;
    size_t n = 0;
    int fd = -1;

    if (orch_input_reopen(item, false, &fd, &owned, NULL) != ORCH_OK)
        return;
    if (orch_input_pread(item, fd, head, sizeof head, 0, &n, NULL) == ORCH_OK)
        item->packed = orch_packed_find(head, n);
    item->file.packed = item->packed != ORCH_PACKED_NONE;
    if (owned)
        close(fd);
}

/* ---- members as they are found ----------------------------------------------------------- */

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status fail_many(orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "the archives hold more than %d files to read", PARTS_CAP);
    orch_error_hint(err,
                    "choose some with the option member, or read the archives in several runs");
    return ORCH_ECONFIG;
}

orch_status orch_input_member_add(struct orch_inputs *in, struct orch_input_item *item,
                                  const char *label, const struct orch_unpack_place *place,
                                  orch_error *err)
{
    struct orch_input_member member = { .item = item };

    if (in->members.len >= PARTS_CAP)
        return fail_many(err);
    member.label = orch_arena_strdup(&in->arena, label);
    if (place) {
        struct orch_unpack_place *copy = orch_arena_alloc(&in->arena, sizeof *copy);
        if (copy)
            *copy = *place;
        member.place = copy;
    }
    if (!member.label || (place && !member.place) || !orch_vec_push(&in->members, member))
        return no_memory(err);
    return ORCH_OK;
}

static bool is_label(const char *label)
{
    struct orch_text shown = { 0 };
    size_t len = strlen(label);
    bool same = len <= ORCH_INPUT_LABEL_MOST &&
                orch_text_escape(&shown, (struct orch_str){ label, len }, ORCH_INPUT_LABEL_MOST) &&
                strcmp(orch_text_z(&shown), label) == 0;

    orch_text_release(&shown);
    return same;
}

bool orch_inputs_member(struct orch_inputs *in, size_t file, const char *label, orch_status *st)
{
    const struct orch_input_member *last =
        in->members.len > 0 ? &in->members.items[in->members.len - 1] : NULL;

    *st = ORCH_OK;
    if (file >= in->items.len || !in->items.items[file]->file.packed || !is_label(label) ||
        in->members.len >= PARTS_CAP || (last && last->item->index > file))
        return false;
    *st = orch_input_member_add(in, in->items.items[file], label, NULL, NULL);
    return true;
}

/* ---- making the parts -------------------------------------------------------------------- */

static orch_status part_add(struct orch_inputs *in, struct orch_input_item *item,
                            const struct orch_input_member *member, orch_error *err)
{
    struct orch_input_part *part = orch_arena_zalloc(&in->arena, sizeof *part);
    struct orch_text name = { 0 };
    orch_status st = ORCH_OK;

    if (in->parts.len >= PARTS_CAP)
        return fail_many(err);
    if (!part || !orch_vec_push(&in->parts, part))
        return no_memory(err);
    part->item = item;
    part->index = in->parts.len - 1;
    if (!member)
        return ORCH_OK;
    part->label = member->label;
    part->place = member->place;
    if (member->label[0] == '\0')
        return ORCH_OK;
    if (orch_text_printf(&name, "%s: %s", item->name, member->label))
        part->name = orch_arena_strdup(&in->arena, orch_text_z(&name));
    orch_text_release(&name);
    if (!part->name)
        st = no_memory(err);
    return st;
}

static orch_status file_parts(struct orch_inputs *in, size_t file, size_t *member, orch_error *err)
{
    struct orch_input_item *item = in->items.items[file];
    size_t first = *member;
    orch_status st = ORCH_OK;

    if (!item->file.packed)
        return part_add(in, item, NULL, err);
    while (st == ORCH_OK && *member < in->members.len && in->members.items[*member].item == item)
        st = part_add(in, item, &in->members.items[(*member)++], err);
    if (st == ORCH_OK && *member == first)
        st = orch_error_set(err, ORCH_EINVAL, "\"%s\" is packed and has no member", item->name);
    return st;
}

orch_status orch_inputs_members_end(struct orch_inputs *in, orch_error *err)
{
    orch_status st = ORCH_OK;
    size_t member = 0;
    bool packed = false;

    for (size_t i = 0; i < in->items.len; i++)
        packed = packed || in->items.items[i]->file.packed;
    if (!packed)
        return ORCH_OK;
    in->parts.len = 0;
    for (size_t i = 0; st == ORCH_OK && i < in->items.len; i++)
        st = file_parts(in, i, &member, err);
    orch_vec_release(&in->members);
    return st;
}

/* ---- using them -------------------------------------------------------------------------- */

const char *orch_input_part_name(const struct orch_input_part *part)
{
    return part->name ? part->name : part->item->name;
}

void orch_input_decide(struct orch_input_part *part, const char *encoding, bool detected)
{
    struct orch_input_file *file = &part->item->file;

    if (part->encoding)
        return;
    snprintf(part->encoding_name, sizeof part->encoding_name, "%s", encoding);
    part->encoding = part->encoding_name;
    if (file->encoding)
        return;
    file->encoding = part->encoding;
    file->detected = detected;
}

size_t orch_inputs_parts(const struct orch_inputs *in)
{
    return in->parts.len;
}

bool orch_inputs_part(const struct orch_inputs *in, size_t i, struct orch_part_told *out)
{
    if (i >= in->parts.len)
        return false;
    const struct orch_input_part *part = in->parts.items[i];
    *out = (struct orch_part_told){
        .file = part->item->index,
        .name = orch_input_part_name(part),
        .label = part->label,
    };
    return true;
}

size_t orch_inputs_first_part(const struct orch_inputs *in, size_t i)
{
    size_t part = 0;

    while (part < in->parts.len && in->parts.items[part]->item->index < i)
        part++;
    return part;
}
