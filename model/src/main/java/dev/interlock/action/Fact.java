package dev.interlock.action;

/**
 * Something that a decision rests on.
 *
 * @param name a dotted name, as {@code argument.replace}
 * @param value its value, as text
 * @param provenance where it comes from
 */
public record Fact(String name, String value, Provenance provenance) {

    /** The name of a milder way, which the catalog knows. */
    public static final String SAFER = "safer";

    /** The name of what the catalog knows to be destroyed, where it is a part of the resource and not the whole. */
    public static final String DESTROYS = "destroys";

    /** What that says where nothing that stands already is destroyed. */
    public static final String ONLY_NEW = "only what it makes";

    /** The name of a resource that the catalog knows to be touched and not lost, where the action destroys others. */
    public static final String KEEPS = "keeps";
}
