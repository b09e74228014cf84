package dev.interlock.evidence;

import java.util.Locale;

/**
 * Compares failure domains: the places of backups as the seal names them. Mostly that is a resource, or something in
 * one.
 */
public final class FailureDomain {

    private FailureDomain() {}

    /**
     * Returns whether {@code domain} is lost together with {@code lost}. It is if both are equal, or if {@code domain}
     * is a name of the same provider that begins with the id of {@code lost} and a slash. So {@code hetzner:box/1/shop}
     * and {@code github:repo/acme/shop} are lost with {@code hetzner:box/1} and {@code github:org/acme}. Case is
     * ignored: providers differ in that, and a backup that counts as lost allows nothing.
     *
     * @param lost as {@code provider:type/id}
     */
    public static boolean liesIn(String domain, String lost) {
        String one = domain.toLowerCase(Locale.ROOT);
        String gone = lost.toLowerCase(Locale.ROOT);
        return one.equals(gone)
                || (BackupCustody.provider(one).equals(BackupCustody.provider(gone))
                        && id(one).startsWith(id(gone) + "/"));
    }

    /**
     * Returns the id of a resource: for {@code hetzner:box/u1}, {@code u1}. A name that is no resource is its own id,
     * and nothing lies in it.
     */
    private static String id(String name) {
        int colon = name.indexOf(':');
        int slash = colon < 0 ? -1 : name.indexOf('/', colon);
        return slash < 0 ? name : name.substring(slash + 1);
    }
}
