/**
 * Who a front is to clients that speak TLS: by a certificate that somebody gave it, or one that an authority of its own
 * vouches for, name by name.
 *
 * <p>It must not know what is said over TLS, nor by which protocol. Start with
 * {@link dev.interlock.front.tls.ServerIdentity}.
 */
@NullMarked
package dev.interlock.front.tls;

import org.jspecify.annotations.NullMarked;
