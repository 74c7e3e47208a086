/* ctl_text.h - the object of ctl_judge.h, for a person. */
#ifndef PYHOOKD_CTL_TEXT_H
#define PYHOOKD_CTL_TEXT_H

#include <cjson/cJSON.h>

/* All that is known of one file, on one screen. */
void ctl_text_inspect(const cJSON *object);

#endif
