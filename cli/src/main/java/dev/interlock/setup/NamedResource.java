package dev.interlock.setup;

/** A {@code resource} as in a policy, such as {@code railway:environment/ID}, with the names that people gave. */
public record NamedResource(String resource, String project, String name) {

    /** Returns both names, such as {@code acme/shop}. */
    public String fullName() {
        return project + "/" + name;
    }
}
