package dev.interlock.front.postgres;

import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/** Encrypts connections to databases. */
@FunctionalInterface
public interface UpstreamTls {

    /** Returns what trusts the system's authorities, and those in {@code ca}, in PEM. */
    SSLSocketFactory trusting(Optional<String> ca) throws IOException;
}
