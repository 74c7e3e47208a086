/* ctl_text.h - the object of ctl_judge.h, for a person. */
#ifndef PYHOOKD_CTL_TEXT_H
#define PYHOOKD_CTL_TEXT_H

#include <cjson/cJSON.h>

#include "str.h"

/* All that is known of one file, on one screen; appended.  -ENOMEM. */
int ctl_text_inspect(const cJSON *object, struct str *out);

/* The same in two or three lines. */
int ctl_text_brief(const cJSON *object, struct str *out);

#endif
