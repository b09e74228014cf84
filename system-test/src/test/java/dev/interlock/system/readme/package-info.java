/** The documents that people read first, held to what the program does. Start with {@code TranscriptTest}. */
package dev.interlock.system.readme;
