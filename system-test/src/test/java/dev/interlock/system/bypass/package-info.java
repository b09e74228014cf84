/**
 * Attempts to get past the wall, each proved to be a real attack first: sent to the simulated provider directly it must
 * do harm, and sent through a running gateway it must not, by the provider's own numbers and disks. Start with
 * {@code BypassCorpusTest}; a new attempt is one line in one of the {@code …Attempts} tables.
 */
@NullMarked
package dev.interlock.system.bypass;

import org.jspecify.annotations.NullMarked;
