/**
 * The console, on which people see what agents do, and approve or deny it.
 *
 * <p>It decides nothing and stores nothing but sessions. Every page and every button runs a command of
 * {@link dev.interlock.admin.CommandRunner} in the name of the person who is signed in. The console is a second access
 * to these commands, beside the socket; the commands decide what may not be done from here. It must not use holds,
 * leases, seals or keys in any other way.
 *
 * <p>Start with {@link dev.interlock.console.Routes}, the one list of routes.
 * {@link dev.interlock.console.ConsoleHandler} checks every request before its route runs. Pages are templates below
 * {@code src/main/jte}, which the build compiles into classes of this package.
 */
@NullMarked
package dev.interlock.console;

import org.jspecify.annotations.NullMarked;
