/* Numbers as text for answers: rounded to a stated number of digits, so that the same answer has
 * the same bytes. */
#ifndef PUBLISH_NUMBER_H
#define PUBLISH_NUMBER_H

#define NUMBER_TEXT 64

/** v with that many digits after the point; "" for what is not finite (no bound); never "-0". */
void number_plain(char out[NUMBER_TEXT], double v, int decimals);
/** The same with thousands parted by blanks: 1 234 567.5. */
void number_grouped(char out[NUMBER_TEXT], double v, int decimals);

#endif
