/* embed - write files as a C table: embed SYMBOL FOLDER FILE... > out.c */
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	size_t	 root;

	if (argc < 3) {
		fprintf(stderr, "usage: embed SYMBOL FOLDER FILE...\n");
		return 64;
	}
	root = strlen(argv[2]) + 1;
	printf("#include \"base/embed.h\"\n\n");
	for (int i = 3; i < argc; i++) {
		FILE	*f = fopen(argv[i], "rb");
		int	 c, n = 0;

		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		printf("static const char file%d[] = {", i);
		while ((c = getc(f)) != EOF)
			printf("%s%d,", n++ % 20 == 0 ? "\n\t" : "", (signed char)c);
		printf("\n\t0\n};\n");
		fclose(f);
	}
	printf("\nconst struct embedded %s[] = {\n", argv[1]);
	for (int i = 3; i < argc; i++)
		printf("\t{ \"%s\", { file%d, sizeof(file%d) - 1 } },\n",
		    argv[i] + root, i, i);
	printf("\t{ NULL, { NULL, 0 } }\n};\n");
	return 0;
}
