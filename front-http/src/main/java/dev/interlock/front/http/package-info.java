/**
 * The front for HTTP/1.1 and HTTP/2, reached by its own address or as a proxy. It reads requests strictly, hands them
 * to the gate, and writes the result in HTTP.
 *
 * <p>It never decides, and it must not know what an operation means, which lease is valid or where a credential lies.
 * If bytes have two readings, it takes neither: it refuses. The request to the upstream is written anew from the parsed
 * form. Start with {@link dev.interlock.front.http.HttpFront}, then {@code Exchange} (the handling of one request),
 * {@code RequestDecoder} (bytes to request) and {@link dev.interlock.front.http.UpstreamClient} (call to answer).
 */
@NullMarked
package dev.interlock.front.http;

import org.jspecify.annotations.NullMarked;
