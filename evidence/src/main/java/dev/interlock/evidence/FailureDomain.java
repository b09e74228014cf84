package dev.interlock.evidence;

import java.util.Locale;

/** Where backups lie, as the seal names it: mostly a resource, or something in one. */
public final class FailureDomain {

    private FailureDomain() {}

    /**
     * Whether {@code domain} goes with {@code lost}: it is that, or a name of the same provider that begins with its
     * own and a slash, as {@code hetzner:box/1/shop} and {@code github:repo/acme/shop} go with {@code hetzner:box/1}
     * and {@code github:org/acme}. In whatever case: providers differ in that, and what counts as lost saves nothing.
     *
     * @param lost as {@code provider:type/id}
     */
    public static boolean liesIn(String domain, String lost) {
        String one = domain.toLowerCase(Locale.ROOT);
        String gone = lost.toLowerCase(Locale.ROOT);
        return one.equals(gone)
                || (Custody.provider(one).equals(Custody.provider(gone)) && id(one).startsWith(id(gone) + "/"));
    }

    /** Of {@code hetzner:box/u1} it is {@code u1}; of what is no resource it is all of it, and nothing lies in that. */
    private static String id(String name) {
        int colon = name.indexOf(':');
        int slash = colon < 0 ? -1 : name.indexOf('/', colon);
        return slash < 0 ? name : name.substring(slash + 1);
    }
}
