/** Tests of the introductory documents against the program. Start with {@code TranscriptTest}. */
package dev.interlock.system.readme;
