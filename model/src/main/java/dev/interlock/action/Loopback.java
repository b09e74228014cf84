package dev.interlock.action;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Recognises hosts that are this machine, by their spelling alone. Secrets may be sent to them in plain text. */
public final class Loopback {

    /**
     * Literals (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), and the one name that RFC 6761 §6.3 reserves. Any other name may
     * resolve to another address tomorrow.
     */
    private static final Pattern HOST =
            Pattern.compile("localhost|\\[::1\\]|127(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");

    private Loopback() {}

    /** Returns whether {@code host}, as it is written in an address, is this machine. */
    public static boolean isHost(String host) {
        return HOST.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    public static boolean isPlainHttp(URI address) {
        return "http".equalsIgnoreCase(address.getScheme())
                && Optional.ofNullable(address.getHost())
                        .filter(Loopback::isHost)
                        .isPresent();
    }
}
