/** Tests of the program as a whole, with real clients, real processes and traces of the kernel. */
package dev.interlock.system;
