package dev.interlock.evidence;

import java.util.Locale;

/** Compares failure domains: the places of backups as the seal names them, mostly a resource or something in one. */
public final class FailureDomain {

    private FailureDomain() {}

    /**
     * Returns whether {@code domain} is lost with the resource {@code lost}: both are equal, or it is a name of the
     * same provider that begins with the id of {@code lost} and a slash. So {@code github:repo/acme/shop} is lost with
     * {@code github:org/acme}. Case is ignored, because providers differ and a lost backup allows nothing.
     */
    public static boolean liesIn(String domain, String lost) {
        String one = domain.toLowerCase(Locale.ROOT);
        String gone = lost.toLowerCase(Locale.ROOT);
        return one.equals(gone)
                || (BackupCustody.provider(one).equals(BackupCustody.provider(gone))
                        && id(one).startsWith(id(gone) + "/"));
    }

    /** For {@code hetzner:box/u1}, {@code u1}. A name that is no resource is its own id, and nothing lies in it. */
    private static String id(String name) {
        int colon = name.indexOf(':');
        int slash = colon < 0 ? -1 : name.indexOf('/', colon);
        return slash < 0 ? name : name.substring(slash + 1);
    }
}
