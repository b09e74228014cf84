/**
 * Tools for the jobs of every kind of source. {@link dev.interlock.backup.run.ChildProcesses} are programs that end
 * with the job. {@link dev.interlock.backup.run.RestoreSandbox} isolates programs that read data of others. There are
 * also a temporary private directory and exceptions for failures. This package must not know what a backup is.
 */
@NullMarked
package dev.interlock.backup.run;

import org.jspecify.annotations.NullMarked;
