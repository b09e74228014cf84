/**
 * Attempts to get past the gateway. Each is first proved to be a real attack: sent to the simulated provider directly,
 * it must do harm. Sent through a running gateway it must do none, by the provider's own numbers and disks. Start with
 * {@code BypassCorpusTest}; a new attempt is one line in one of the {@code …Tries} tables.
 */
@NullMarked
package dev.interlock.system.bypass;

import org.jspecify.annotations.NullMarked;
