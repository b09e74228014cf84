/**
 * A provider that drills can destroy: Railway's API in miniature, with real files behind it.
 *
 * <p>It runs as a process of its own, under TLS, and knows nothing of Interlock: it believes whoever shows a token, as
 * the original does, and it is as lenient as a server can be, so that what an attack would do without Interlock is
 * really done. Volumes are directories with a database in them, and backups lie on the volume they are copies of. What
 * happened is read from {@code counters.json} and from the disk, never from an answer. Start with
 * {@link dev.interlock.drill.railway.RailwaySimulator}; the world it serves is in {@code pocketos.json}.
 */
@NullMarked
package dev.interlock.drill.railway;

import org.jspecify.annotations.NullMarked;
