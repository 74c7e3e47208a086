/* nothing.c - the shortest life of a program: linked statically, it ends at once. */
int main(void)
{
	return 0;
}
