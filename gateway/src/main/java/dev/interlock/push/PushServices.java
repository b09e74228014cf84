package dev.interlock.push;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;

/** The push services that are sent to. A browser names the address, which could else be a server of our network. */
public final class PushServices {

    /** Limits the length of an address. Those of real services have a few hundred characters. */
    static final int MAX_ADDRESS = 1024;

    private static final Set<String> NAMES = Set.of("fcm.googleapis.com", "updates.push.services.mozilla.com");

    private static final Set<String> PARENTS =
            Set.of("push.services.mozilla.com", "push.apple.com", "notify.windows.com");

    private static final int HTTPS = 443;

    private final Set<String> own;

    /** @param own further services, as {@code push.example.com} or {@code push.example.com:8443} */
    public PushServices(Collection<String> own) {
        this.own = Set.copyOf(own);
    }

    /** Requires https at one of the services. No message contains the address, whose path is a secret. */
    URI require(String endpoint) {
        URI address = parsed(endpoint);
        if (!"https".equals(address.getScheme())
                || address.getHost() == null
                || address.getRawUserInfo() != null
                || address.getRawFragment() != null) {
            throw new IllegalArgumentException("the browser's push address is not an https address");
        }
        if (!isKnown(address) && !isOwn(address)) {
            throw new IllegalArgumentException("the push service `" + service(address)
                    + "` is not one of those that Interlock knows; `console.push.services` in gateway.yaml can add it");
        }
        return address;
    }

    private static URI parsed(String endpoint) {
        try {
            if (endpoint.length() <= MAX_ADDRESS) {
                return new URI(endpoint);
            }
        } catch (URISyntaxException _) {
            // no cause: its message contains the address
        }
        throw new IllegalArgumentException("the browser's push address is not valid");
    }

    private static boolean isKnown(URI address) {
        String host = host(address);
        return address.getPort() == -1
                && (NAMES.contains(host) || PARENTS.stream().anyMatch(parent -> host.endsWith("." + parent)));
    }

    /** Returns whether it is one of our own, which may have a port and an authority of their own. */
    boolean isOwn(URI address) {
        return own.contains(service(address));
    }

    /** Returns the service's name, with the port if it is not the usual one. */
    static String service(URI address) {
        boolean usual = address.getPort() == -1 || address.getPort() == HTTPS;
        return host(address) + (usual ? "" : ":" + address.getPort());
    }

    private static String host(URI address) {
        return address.getHost().toLowerCase(Locale.ROOT);
    }
}
