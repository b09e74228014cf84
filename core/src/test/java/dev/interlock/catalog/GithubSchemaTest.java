package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import graphql.language.Definition;
import graphql.language.Document;
import graphql.language.InterfaceTypeDefinition;
import graphql.language.NamedNode;
import graphql.language.ObjectTypeDefinition;
import graphql.language.Type;
import graphql.language.TypeName;
import graphql.language.UnionTypeDefinition;
import graphql.parser.Parser;
import graphql.parser.ParserEnvironment;
import graphql.parser.ParserOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Compares the types of GitHub's catalog with its published schema, if {@code INTERLOCK_GITHUB_SCHEMA} names a file
 * with it, such as {@code schema.graphql} of npm's {@code @octokit/graphql-schema}.
 */
class GithubSchemaTest {

    private static final String PINNED = "INTERLOCK_GITHUB_SCHEMA";

    /**
     * Types that GitHub's documentation has, and the newest package of its schema not yet; and the entries of a
     * listing, which are a part of GitHub's own type.
     */
    private static final Set<String> NEWER = Set.of(
            "ListedTreeEntry",
            "ActorConnection",
            "ActorEdge",
            "AddBlockedByPayload",
            "AssigneeConnection",
            "AssigneeEdge",
            "IssueDependenciesSummary",
            "IssueType",
            "IssueTypeConnection",
            "IssueTypeEdge",
            "RemoveBlockedByPayload",
            "ReplaceActorsForAssignablePayload",
            "UpdateIssueIssueTypePayload");

    /** By name, the object types that a type stands for; of an object type, itself. */
    private static final Map<String, Set<String>> PUBLISHED = new LinkedHashMap<>();

    private static ProviderSchema catalog;

    @BeforeAll
    static void read() throws IOException {
        String pinned = System.getenv(PINNED);
        assumeTrue(pinned != null, () -> "skipped: " + PINNED + " names no file with GitHub's schema");
        ParserOptions options = ParserOptions.newParserOptions()
                .maxCharacters(Integer.MAX_VALUE)
                .maxTokens(Integer.MAX_VALUE)
                .maxWhitespaceTokens(Integer.MAX_VALUE)
                .build();
        Document document = Parser.parse(ParserEnvironment.newParserEnvironment()
                .document(Files.readString(Path.of(pinned)))
                .parserOptions(options)
                .build());
        for (Definition<?> definition : document.getDefinitions()) {
            switch (definition) {
                case UnionTypeDefinition union ->
                    union.getMemberTypes().forEach(member -> put(union.getName(), ((NamedNode<?>) member).getName()));
                case InterfaceTypeDefinition wide -> PUBLISHED.putIfAbsent(wide.getName(), new TreeSet<>());
                case ObjectTypeDefinition object -> {
                    put(object.getName(), object.getName());
                    for (Type<?> wide : object.getImplements()) {
                        put(((TypeName) wide).getName(), object.getName());
                    }
                }
                default -> {}
            }
        }
        catalog = ((RestDialect) Catalogs.builtIn().find("github").orElseThrow())
                .graphql()
                .orElseThrow()
                .knowledge()
                .shapes();
    }

    private static void put(String type, String object) {
        PUBLISHED.computeIfAbsent(type, _ -> new TreeSet<>()).add(object);
    }

    /** A request names the provider's types, and a made-up one would guard nothing. */
    @Test
    void everyTypeIsPublished() {
        assertThat(catalog.types().keySet().stream().filter(type -> !NEWER.contains(type)))
                .isSubsetOf(PUBLISHED.keySet());
    }

    @Test
    void subtypesAreThoseOfTheSchema() {
        for (String type : catalog.types().keySet()) {
            Set<String> published = new TreeSet<>(PUBLISHED.getOrDefault(type, Set.of(type)));
            published.retainAll(catalog.types().keySet());
            Set<String> listed = new TreeSet<>(catalog.abstracts().objects(type));
            if (!NEWER.contains(type)) {
                listed.removeAll(NEWER);
            }
            assertThat(listed).as(type).isEqualTo(published);
        }
    }
}
