package dev.interlock.action;

/**
 * What an agent sees in place of a credential of its workspace: a decoy of the same form.
 *
 * @param kind as in {@code credentials.yaml}
 */
public record MaskedCredential(String kind, Secret decoy) {

    /** Whether it stands for a credential of a system that {@code catalog} describes, as {@code railway-token} does. */
    public static boolean isOf(String kind, String catalog) {
        return kind.startsWith(catalog + "-");
    }
}
