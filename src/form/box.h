/* What stands behind a struct form: the arena with all its texts. Private to the room. */
#ifndef FORM_BOX_H
#define FORM_BOX_H

#include "base/arena.h"
#include "form/form.h"

struct form_box {
	struct form form; /* first: a struct form * is also a struct form_box * */
	struct arena mem;
};

/** An empty form; NULL when memory ends. Freed with form_free(&b->form). */
struct form_box *box_create(void);

#endif
