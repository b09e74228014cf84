/**
 * A provider that drills can destroy: Railway's API in miniature, with real files behind it.
 *
 * <p>It runs as a separate process, under TLS, and knows nothing of Interlock. It accepts every valid token, as the
 * original does, and is as lenient as a server can be. So an attack really takes effect when Interlock does not stop
 * it. Volumes are directories with a database in them, and backups lie on the volume they are copies of. Results are
 * read from {@code counters.json} and from the disk, never from an answer. Start with
 * {@link dev.interlock.drill.railway.RailwaySimulator}; its world is in {@code pocketos.json}.
 */
@NullMarked
package dev.interlock.drill.railway;

import org.jspecify.annotations.NullMarked;
