package dev.interlock.action;

/**
 * A fact that a decision depends on.
 *
 * @param name a dotted name, as {@code argument.replace}
 * @param value its value, as text
 * @param provenance where it comes from
 */
public record Fact(String name, String value, Provenance provenance) {

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
}
