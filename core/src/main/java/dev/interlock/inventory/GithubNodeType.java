package dev.interlock.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.VisibleText;
import dev.interlock.shapes.CredentialShapes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A type of GitHub's schema that an opaque id can name: what people call it, and the fields by which they know it.
 *
 * @param name its name in the schema
 * @param kind what people call it
 * @param repository the path to its repository
 * @param key the path to its name or number; a number has a {@code #}
 * @param title the path to what its author called it
 * @param author the path to its author's name
 * @param whole the path to the name or number of the thing that it is part of
 */
record GithubNodeType(
        String name,
        String kind,
        Optional<String> repository,
        Optional<String> key,
        Optional<String> title,
        Optional<String> author,
        Optional<String> whole) {

    private static final int MAX_TITLE = 80;
    private static final String REPOSITORY = "nameWithOwner";

    /** Each with its kind and paths, as the parameters of this record. Every thing that a mutation can name is here. */
    private static final Map<String, GithubNodeType> KNOWN = """
            BranchProtectionRule       branch-protection-rule repository            pattern         -               -             -
            CheckRun                   check-run              repository            name            -               -             -
            CheckSuite                 check-suite            repository            databaseId      app.name        -             -
            Commit                     commit                 repository            abbreviatedOid  messageHeadline -             -
            CommitComment              comment                repository            databaseId      -               author.login  commit.abbreviatedOid
            Discussion                 discussion             repository            #number         title           -             -
            DiscussionComment          comment                discussion.repository databaseId      -               author.login  discussion.#number
            DraftIssue                 draft-issue            -                     title           -               creator.login -
            Gist                       gist                   -                     name            -               owner.login   -
            GistComment                comment                -                     databaseId      -               author.login  gist.name
            Issue                      issue                  repository            #number         title           -             -
            IssueComment               comment                repository            fullDatabaseId  -               author.login  issue.#number
            Label                      label                  repository            name            -               -             -
            LinkedBranch               linked-branch          -                     ref.name        -               -             -
            Milestone                  milestone              repository            #number         title           -             -
            Organization               organization           -                     login           -               -             -
            ProjectV2                  project                -                     #number         title           -             -
            ProjectV2Field             project-field          -                     name            -               -             project.#number
            ProjectV2Item              project-item           -                     fullDatabaseId  -               creator.login project.#number
            ProjectV2IterationField    project-field          -                     name            -               -             project.#number
            ProjectV2SingleSelectField project-field          -                     name            -               -             project.#number
            ProjectV2StatusUpdate      status-update          -                     fullDatabaseId  -               creator.login project.#number
            PullRequest                pull-request           repository            #number         title           -             -
            PullRequestReview          review                 repository            fullDatabaseId  -               author.login  pullRequest.#number
            PullRequestReviewComment   review-comment         repository            fullDatabaseId  -               author.login  pullRequest.#number
            PullRequestReviewThread    review-thread          repository            path            -               -             pullRequest.#number
            Ref                        ref                    repository            name            -               -             -
            Release                    release                repository            tagName         name            -             -
            Repository                 repo                   -                     nameWithOwner   -               -             -
            Team                       team                   -                     slug            -               -             organization.login
            Topic                      topic                  -                     name            -               -             -
            User                       user                   -                     login           -               -             -
            WorkflowRun                workflow-run           checkSuite.repository databaseId      workflow.name   -             -
            """.lines()
            .map(GithubNodeType::row)
            .collect(Collectors.toUnmodifiableMap(GithubNodeType::name, Function.identity()));

    private static GithubNodeType row(String row) {
        List<Optional<String>> cells = Arrays.stream(row.split(" +"))
                .map(cell -> Optional.of(cell).filter(path -> !path.equals("-")))
                .toList();
        return new GithubNodeType(
                cells.get(0).orElseThrow(),
                cells.get(1).orElseThrow().replace('-', ' '),
                cells.get(2),
                cells.get(3),
                cells.get(4),
                cells.get(5),
                cells.get(6));
    }

    static Stream<GithubNodeType> all() {
        return KNOWN.values().stream().sorted((one, other) -> one.name.compareTo(other.name));
    }

    static Optional<GithubNodeType> find(String name) {
        return Optional.ofNullable(KNOWN.get(name));
    }

    /** Returns the part of a query that asks for it. Fields have aliases, because types give one name several forms. */
    String selection() {
        return " ... on " + name + " {"
                + (name.equals("Repository") ? " " + REPOSITORY : "")
                + repository
                        .map(path -> " " + asked("at", path, " { " + REPOSITORY + " }"))
                        .orElse("")
                + (name.equals("Ref") ? " prefix" : "")
                + Stream.of(
                                Map.entry("key", key),
                                Map.entry("title", title),
                                Map.entry("by", author),
                                Map.entry("of", whole))
                        .flatMap(field -> field.getValue().stream().map(path -> " " + asked(field.getKey(), path, "")))
                        .collect(Collectors.joining())
                + " }";
    }

    /** Returns for example {@code ofIssueComment: issue { number }}. */
    private String asked(String as, String path, String ending) {
        String[] fields = path.replace("#", "").split("\\.");
        return as + name + ": " + String.join(" { ", fields) + ending + " }".repeat(fields.length - 1);
    }

    /** Returns what {@code item} is called, for example {@code comment 17 by jer on #12}; empty if it has no name. */
    Optional<String> called(JsonNode item) {
        Optional<String> own = told(item, "key", key).map(told -> name.equals("Ref") ? branch(told, item) : told);
        return own.map(called -> (name.equals("Ref") ? "" : kind + " ")
                + called
                + told(item, "by", author).map(by -> " by " + by).orElse("")
                + told(item, "of", whole).map(of -> " on " + of).orElse(""));
    }

    private static String branch(String told, JsonNode item) {
        return switch (item.path("prefix").asText()) {
                    case "refs/heads/" -> "branch ";
                    case "refs/tags/" -> "tag ";
                    default -> "ref ";
                }
                + told;
    }

    /** Returns the title on one line, shortened and without credentials. */
    Optional<String> title(JsonNode item) {
        return text(item, "title", title)
                .map(text -> VisibleText.line(
                        VisibleText.shortened(text.strip(), MAX_TITLE).replace("…", "...")))
                .filter(text -> !text.isEmpty());
    }

    /** Returns the whole name of a branch or tag, as GitHub wrote it. */
    Optional<String> ref(JsonNode item) {
        JsonNode prefix = item.path("prefix");
        JsonNode own = item.path("key" + name);
        return name.equals("Ref") && prefix.isTextual() && own.isTextual()
                ? Optional.of(prefix.textValue() + own.textValue())
                : Optional.empty();
    }

    private Optional<String> told(JsonNode item, String as, Optional<String> path) {
        return text(item, as, path)
                .map(text -> path.orElseThrow().contains("#") ? "#" + text : VisibleText.plain(text));
    }

    private Optional<String> text(JsonNode item, String as, Optional<String> path) {
        return path.map(fields -> {
                    JsonNode at = item.path(as + name);
                    String[] names = fields.replace("#", "").split("\\.", -1);
                    for (String field : Arrays.copyOfRange(names, 1, names.length)) {
                        at = at.path(field);
                    }
                    return at;
                })
                .filter(at -> at.isTextual() || at.isIntegralNumber())
                .map(at -> CredentialShapes.known().starOut(at.asText()));
    }
}
