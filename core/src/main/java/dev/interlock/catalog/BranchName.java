package dev.interlock.catalog;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The name of a branch of Git, in the spellings that are understood: {@code main}, {@code refs/heads/main}. */
final class BranchName {

    private static final Pattern FORM = Pattern.compile("[a-z0-9_][a-z0-9._/+@=#-]{0,249}");
    private static final Pattern PREFIX = Pattern.compile("^(refs/heads/|heads/)");

    /** What a server may take for something else, or simplify: another ref, a digest, a path with empty parts. */
    private static final Pattern ODD = Pattern.compile(
            "(refs|heads|tags|remotes)(/.*)?|head|[0-9a-f]{7,64}|.*(//|/\\.|\\.\\.|@\\{|/$|\\.$|\\.lock(/.*)?$).*");

    /** Names from which projects are usually built, published and deployed, and lines that are maintained. */
    private static final Pattern DEPLOYED =
            Pattern.compile("(?:main|master|trunk|default|stable|next|next-major|alpha|beta|rc|gh-pages"
                    + "|(?:prod|release|deploy|staging).*|v?\\d+(?:[.](?:\\d+|x))*[.]x"
                    + "|(?:.*/)?(?:[^/]*[-_.])?(?:canary|live|preprod|prod|production|qa|stage|staging|uat)(?:/.*)?)");

    private BranchName() {}

    /**
     * Returns whether a branch of this name is usually built, published or deployed by itself: one that is named as the
     * line of releases, or of which a part ends with the name of an environment. Case does not count.
     */
    static boolean isDeployed(String name) {
        return DEPLOYED.matcher(
                        PREFIX.matcher(name.toLowerCase(Locale.ROOT).strip()).replaceFirst(""))
                .matches();
    }

    /**
     * Returns whether two names certainly mean two branches. Case does not count, and a name of another form may mean
     * any branch.
     */
    static boolean areDifferent(String one, String other) {
        Optional<String> first = plain(one);
        Optional<String> second = plain(other);
        return first.isPresent() && second.isPresent() && !first.equals(second);
    }

    private static Optional<String> plain(String name) {
        String folded = name.toLowerCase(Locale.ROOT);
        return Optional.of(PREFIX.matcher(folded).replaceFirst(""))
                .filter(plain ->
                        FORM.matcher(plain).matches() && !ODD.matcher(plain).matches());
    }
}
