package dev.interlock.action;

import dev.interlock.evidence.SaltedText;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fact that a decision depends on.
 *
 * @param name a dotted name, as {@code argument.replace}
 * @param isSalted whether receipts and statements hold only a salted digest of the value
 */
public record Fact(String name, String value, Provenance provenance, boolean isSalted) {

    /** The name of a safer alternative from the catalog. */
    public static final String SAFER = "safer";

    /** The name of the part that the catalog knows to be destroyed, if it is not the whole resource. */
    public static final String DESTROYS = "destroys";

    /** The value of {@link #DESTROYS} if nothing that exists already is destroyed. */
    public static final String ONLY_NEW = "only what it makes";

    /**
     * The name of a resource that the catalog knows to be touched and not lost, although the action destroys others.
     */
    public static final String KEEPS = "keeps";

    /** Begins the names of arguments. The rest is the path in the catalog, for example {@code body.ref}. */
    public static final String ARGUMENT = "argument.";

    /** Maximum characters of most facts. A start command is shorter; a receipt holds 16 KB in all. */
    public static final int MAX_TEXT = 1_000;

    private static final Pattern SHORTENED = Pattern.compile("\\.\\.\\. \\(\\d+ characters\\)");

    /** Creates a fact whose value receipts and statements hold. */
    public Fact(String name, String value, Provenance provenance) {
        this(name, value, provenance, false);
    }

    /** Returns {@code text}, or its beginning and its length, if it is too long. */
    public static String shortened(String text) {
        return text.length() <= MAX_TEXT
                ? text
                : VisibleText.cut(text, MAX_TEXT) + "... (" + text.length() + " characters)";
    }

    /**
     * Returns whether {@code value} is all that was sent, and not its beginning or its salted digest. False if that is
     * not certain.
     */
    public static boolean isWhole(String value) {
        boolean cut = value.length() > MAX_TEXT
                && SHORTENED.matcher(value.substring(MAX_TEXT - 1)).find();
        return !cut && !SaltedText.isDigest(value);
    }

    /** Returns the path of the argument that this fact shows, if it shows one. */
    public Optional<String> argument() {
        return provenance == Provenance.CLAIMED && name.startsWith(ARGUMENT)
                ? Optional.of(name.substring(ARGUMENT.length()))
                : Optional.empty();
    }
}
