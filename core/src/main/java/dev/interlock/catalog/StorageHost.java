package dev.interlock.catalog;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/** A host on which a provider stores files, such as {@code logs*.blob.example.com}. */
record StorageHost(Pattern host) {

    private static final Pattern FORM = Pattern.compile("[a-z0-9-]*\\*?[a-z0-9-]*(\\.[a-z0-9-]+){2,}");

    /** Reads a host name. One {@code *} in the first label stands for letters, digits and hyphens. */
    static StorageHost parse(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "must be a host name in lower case with at least three labels; `*` may stand in the first one");
        }
        return new StorageHost(Pattern.compile(text.replace(".", "\\.").replace("*", "[a-z0-9-]+")));
    }

    /** Returns whether {@code location} is a file on this host: https, at its usual port, with nobody's name in it. */
    boolean holds(URI location) {
        return "https".equalsIgnoreCase(location.getScheme())
                && location.getHost() != null
                && location.getRawAuthority().equals(location.getHost())
                && host.matcher(location.getHost().toLowerCase(Locale.ROOT)).matches();
    }
}
