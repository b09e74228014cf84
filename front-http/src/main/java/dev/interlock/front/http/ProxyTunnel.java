package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.front.tls.ServerIdentity;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A tunnel that a CONNECT opened. Everything that comes through it is for one origin, and from its opener.
 *
 * @param presented the credentials that CONNECT carried; each request inside carries them too
 * @param asked the CONNECT's target, as it came
 * @param identity the gateway's, at the other end
 * @param used whether a request came through it, which is answered and therefore recorded
 */
record ProxyTunnel(
        UpstreamOrigin origin,
        List<PresentedCredential> presented,
        String asked,
        ServerIdentity identity,
        AtomicBoolean used) {}
