package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that every identifier of a resource is used for its placement. If one is forgotten, the other identifiers of
 * the request place it.
 */
class RestIdentifiersTest {

    private static final Pattern IDENTIFIER = Pattern.compile(
            "(.*_)?(ids?|identifier|images?|isos?|servers?|networks?|volumes?|firewalls?|ssh_keys|certificates?|zones?"
                    + "|public_net|placement_group|gateway|endpoints?|branch|snapshot|projects?|orgs?|organizations?"
                    + "|organization_slugs?|enterprise|repos?|repo_names?|repository|repositories|repository_names"
                    + "|repository_lists|owners?|basehead|head|teams?)");

    private static final Pattern SWITCH = Pattern.compile(
            "(allows?|enabled|enforced|exclude|has|is|lock|members_can|sync_to)_.*|.*_for(_new)?_repo(s|sitories)");

    private static final Pattern OUTWARD = Pattern.compile(
            "(.*_)?(orgs?|organization|enterprise|repo|repo_name|repository|repository_id|owner|basehead|project_id"
                    + "|branch_id|server_id|volume_id|installation_id)");

    /** The GraphQL catalog's own test does the same. */
    static Stream<String> catalogs() {
        return RestFixture.builtIn();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void everyIdentifierIsAResourceOrListedAsNone(String catalog) throws IOException {
        Map<String, String> exceptions = RestFixture.exceptions("rest-identifiers.tsv", catalog);
        Set<String> used = new HashSet<>();
        Set<String> forgotten = new TreeSet<>();
        RestCatalog knowledge = knowledge(catalog);
        for (RestOperation entry : knowledge.operations().values()) {
            for (String identifier : unnamed(knowledge, entry)) {
                List<String> why = List.of(entry.name() + " " + identifier, "* " + identifier);
                if (why.stream().noneMatch(exceptions::containsKey)) {
                    forgotten.add(entry.name() + " " + identifier);
                }
                used.addAll(why);
            }
        }
        assertThat(forgotten).isEmpty();
        assertThat(used).as("exceptions that are none any more").containsAll(exceptions.keySet());
    }

    private static RestCatalog knowledge(String catalog) throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream(catalog + ".yaml")) {
            return ((RestDialect) CatalogFile.read(catalog + ".yaml", in.readAllBytes())).knowledge();
        }
    }

    private static List<String> unnamed(RestCatalog knowledge, RestOperation entry) {
        Set<String> named = new HashSet<>();
        entry.entry().resources().keySet().forEach(path -> named.add(path.toString()));
        entry.entry().otherwise().keySet().forEach(path -> named.add(path.toString()));
        Set<String> inPath = inPath(knowledge, entry);
        if (named.isEmpty() && inPath.isEmpty()) {
            return List.of(); // it touches the account, and nothing is wider
        }
        entry.entry().besides().keySet().forEach(path -> named.add(path.toString()));
        List<String> found = new ArrayList<>(members(entry));
        found.removeIf(path -> named.stream().anyMatch(name -> name.equals(path) || name.startsWith(path + ".")));
        found.addAll(outward(entry, inPath, named));
        return found;
    }

    private static Set<String> inPath(RestCatalog knowledge, RestOperation entry) {
        Set<String> names = entry.line().template().names();
        Set<String> parts = new HashSet<>();
        knowledge.resources().stream()
                .filter(resource -> names.containsAll(resource.parts()))
                .forEach(resource -> parts.addAll(resource.parts()));
        return parts;
    }

    private static List<String> outward(RestOperation entry, Set<String> inPath, Set<String> named) {
        List<String> found = new ArrayList<>();
        boolean below = false;
        for (String name : entry.line().template().names()) {
            if (inPath.contains(name)) {
                below = true;
            } else if (!named.contains(name) && (!below || OUTWARD.matcher(name).matches())) {
                found.add("{" + name + "}");
            }
        }
        return found;
    }

    private static List<String> members(RestOperation entry) {
        List<String> found = new ArrayList<>();
        members(entry.shapes(), entry.line().query(), "query.", found);
        if (entry.line().body() instanceof RequestLine.Members(var members)) {
            members(entry.shapes(), members, "body.", found);
        }
        return found;
    }

    private static void members(
            ProviderSchema shapes, Map<String, ProviderSchema.InputField> members, String before, List<String> found) {
        members.forEach((name, input) -> {
            if (IDENTIFIER.matcher(name).matches() && !SWITCH.matcher(name).matches()) {
                found.add(before + name);
            }
            if (before.chars().filter(c -> c == '.').count() < 4) {
                input.type().ifPresent(type -> members(shapes, shapes.input(type), before + name + ".", found));
            }
        });
    }
}
