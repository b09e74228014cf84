package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One upstream's opened secret, which goes to that upstream and nowhere else. Its text form names the slot only. */
public final class OpenedCredential {

    /** Reports an attempt to send the secret to another target than the seal's: a redirect, or a mistake of ours. */
    public static final class WrongTargetException extends IllegalStateException {
        private WrongTargetException(String slot, String why) {
            super("the credential `" + slot + "` " + why);
        }
    }

    private static final Pattern LOOPBACK = Pattern.compile("127(\\.(\\d{1,2}|1\\d\\d|2[0-4]\\d|25[0-5])){3}");

    private final String slot;
    private final String header;
    private final String scheme;
    private final Secret secret;
    private final URI upstream;
    /** Made at the first answer, and kept for as long as the secret itself. Two threads may both make it. */
    private volatile @Nullable SecretForms forms;

    OpenedCredential(String slot, String header, String scheme, Secret secret, URI upstream) {
        this.slot = slot;
        this.header = header;
        this.scheme = scheme;
        this.secret = secret;
        this.upstream = upstream;
    }

    /** Returns the header field that carries it, in lower case. */
    public String header() {
        return header;
    }

    /**
     * Returns the field's whole value for {@code target}, whose scheme, host and port must be the upstream's, without
     * user info, and encrypted unless it is a loopback address. The front of a {@code postgres} address encrypts by
     * itself, and sends proofs of the secret alone.
     */
    public Secret headerFor(URI target) {
        if (!isSameOrigin(target, upstream) || target.getRawUserInfo() != null) {
            throw new WrongTargetException(slot, "belongs to another host");
        }
        boolean isEncrypted = "https".equalsIgnoreCase(target.getScheme()) || isDatabase(target);
        if (!isEncrypted && !isPlainLoopback(target)) {
            throw new WrongTargetException(slot, "must not be sent unencrypted");
        }
        return secret.use(value -> new Secret(field(value)));
    }

    private static boolean isDatabase(URI target) {
        return "postgres".equalsIgnoreCase(target.getScheme());
    }

    public SecretForms forms() {
        SecretForms known = forms;
        if (known == null) {
            known = secret.use(value -> SecretForms.ofField(field(value)));
            forms = known;
        }
        return known;
    }

    private String field(String value) {
        return scheme.isEmpty() ? value : scheme + " " + value;
    }

    /** Returns all of it, for {@link KeysProtocol} alone: nothing else may write a secret. */
    Json.Members json() {
        return Json.object()
                .with("slot", slot)
                .with("header", header)
                .with("scheme", scheme)
                .with("secret", secret.<String>use(value -> value))
                .with("address", upstream.toString());
    }

    @Override
    public String toString() {
        return "credential `" + slot + "` [redacted]";
    }

    static boolean isSameOrigin(URI one, URI other) {
        return origin(one).equals(origin(other));
    }

    private static String origin(URI uri) {
        if (uri.getScheme() == null || uri.getHost() == null) {
            return "";
        }
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        int usual = scheme.equals("https") ? 443 : 80;
        int port = uri.getPort() < 0 ? usual : uri.getPort();
        return scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + ":" + port;
    }

    // Returns whether the target is plain HTTP to a loopback address. It does not share the other packages' check,
    // because the vault trusts only itself about the destination of a secret.
    private static boolean isPlainLoopback(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        boolean loopback = LOOPBACK.matcher(host).matches() || host.equals("[::1]") || host.equals("localhost");
        return "http".equalsIgnoreCase(target.getScheme()) && loopback;
    }
}
