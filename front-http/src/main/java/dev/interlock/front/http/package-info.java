/**
 * The front of HTTP/1.1 and HTTP/2, asked by its own address or as a proxy: reads requests strictly, hands them to the
 * gate, and says in HTTP what came of it.
 *
 * <p>It never decides, and it must not know what an operation means, which lease is good or where a credential lies. Of
 * two readings of the same bytes it takes neither: it refuses. What goes upstream is written anew from the parsed form.
 * Start with {@link dev.interlock.front.http.HttpFront}, then {@code Exchange} (one request's story),
 * {@code RequestDecoder} (bytes to request) and {@link dev.interlock.front.http.UpstreamClient} (call to answer).
 */
@NullMarked
package dev.interlock.front.http;

import org.jspecify.annotations.NullMarked;
