/*
 * Fault points: named steps on an event's way at which a program built to be
 * broken (`make FAULT=1`) dies or fails when it is told to.  In every other
 * build nothing is left of them.
 *
 *	FAULT_DIE("event.stored");		killed here, as by kill -9
 *	if (FAULT_FAIL("arena") || ...)		true: fail as if there were no memory
 *
 * Told by the environment, which spawn-fcgi and lighttpd pass on:
 *
 *	HK_FAULT	step:n[,step:n...]	the n-th time this process reaches it
 *			step:%n			once in n times, at random
 *	HK_FAULT_SEED	of those random choices; mixed with the process id
 *	HK_FAULT_ONCE	a file, made before a step:n fires; when it is there
 *			none does, so that one fires once over restarts
 *	HK_FAULT_LOG	a file that gets the lines
 *			  PROGRAM die|fail STEP reached		its first time
 *			  PROGRAM die|fail STEP fired
 *			  PROGRAM die|fail STEP times N		at a normal end
 *
 * What cannot be understood ends the program: a test that tests nothing is
 * worse than none.  Any thread; allocates nothing.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

#ifdef HK_FAULT

/* Is it this step's turn?  dies: what the log says of it. */
bool	 fault_point(const char *step, bool dies);
void	 fault_kill(void) __attribute__((noreturn));

#define FAULT_FAIL(step)	fault_point(step, false)
#define FAULT_DIE(step)		do { if (fault_point(step, true)) fault_kill(); } while (0)

#else

#define FAULT_FAIL(step)	false
#define FAULT_DIE(step)		((void)0)

#endif
#endif
