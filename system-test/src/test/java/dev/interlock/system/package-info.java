/** The program as a whole, with real clients, real processes and the kernel as witness. */
package dev.interlock.system;
