/* A kind's form as an ODK XForm, which ODK Collect and other OpenRosa clients fill in.
 *
 * The instance is /data with one node a field, in form order, and three of our own, whose names
 * hold a hyphen so that no field can have them: entry-note (a safety sentence), entry-detail (few
 * questions or all), entry-photos (a repeat of photo and caption). A field whose geometry may be of
 * several types is a group of how, point, line, area. Links to records are chosen from the list
 * KIND.csv of the form's manifest. Fields that the program writes are not asked for. */
#ifndef FORM_XFORM_H
#define FORM_XFORM_H

#include <stdbool.h>

#include "base/buf.h"
#include "form/form.h"

/** Append the XForm (UTF-8, ODK XForms 1.0.0). Failures stick to out. */
void form_xform(const struct form *f, struct buf *out);
/** Is the field asked for? Not what an import writes, nor links to sources: attachments make those.
 */
bool xform_asks(const struct form_field *f);
/** Is it a group of how, point, line and area? */
bool xform_splits(const struct form_field *f);
/** Is it chosen from a list of the manifest? f->link_kind names the kind. */
bool xform_picks(const struct form_field *f);
/** The kinds of which the form needs a list: sets one by one, *at from 0; NULL after the last. */
const char *xform_list(const struct form *f, size_t *at);

#endif
