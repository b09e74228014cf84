/**
 * What every job needs, whatever it copies: programs that end with it ({@link dev.interlock.backup.run.Children}), a
 * sandbox for those that read what others have written ({@link dev.interlock.backup.run.Sandbox}), a private directory
 * that is gone afterwards, and words for what went wrong. It must not know what a backup is.
 */
@NullMarked
package dev.interlock.backup.run;

import org.jspecify.annotations.NullMarked;
