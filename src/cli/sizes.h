/*
 * Bytes as people read them: "512 bytes", "3.4 MB".
 */
#ifndef CLI_SIZES_H
#define CLI_SIZES_H

#include <stdint.h>

#define SIZE_TEXT	32
void	 size_text(char out[SIZE_TEXT], int64_t bytes);

#endif
