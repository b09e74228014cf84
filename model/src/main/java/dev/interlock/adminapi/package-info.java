/**
 * The protocol of the administrative socket: a record for each question and each answer, declared once.
 *
 * <p>The gateway, the console and the command line share it; {@code docs/admin.md} and its JSON Schema are generated
 * from it. Start with {@link Question}. To add a command, add a record to the questions of its subject and a handler to
 * the gateway.
 */
@NullMarked
package dev.interlock.adminapi;

import org.jspecify.annotations.NullMarked;
