package dev.interlock.setup;

/**
 * One resource of a provider, with the names that people gave.
 *
 * @param resource as in a policy, for example {@code railway:environment/ID}
 * @param project the project or owner that it belongs to
 * @param name its own name
 */
public record NamedResource(String resource, String project, String name) {

    /** Returns both names, such as {@code acme/shop}. */
    public String fullName() {
        return project + "/" + name;
    }
}
