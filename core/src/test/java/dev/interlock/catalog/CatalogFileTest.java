package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the file format: a file with any unknown part is rejected, with file and key. */
class CatalogFileTest {

    @Test
    void everyCatalogFileLoads() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/dev/interlock/catalog"))) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".yaml") && !name.startsWith("example-"))
                            .map(name -> name.replace(".yaml", "")))
                    .containsExactlyInAnyOrderElementsOf(Catalogs.builtIn().names());
        }
    }

    private static final String SMALL = """
            format: interlock-catalog@v1
            provider: acme
            protocol: graphql
            endpoints: [/graphql]
            carriers:
              headers: [authorization]
            forwarded-headers: [accept]
            labels: [id]
            inputs:
              ThingInput: name replace extra:*
            types:
              Thing: id name secret owner^Owner
              Owner: id things:Thing
            secrets:
              Thing.secret: always
            queries:
              thing:
                takes: id
                gives: Thing
                resources: {id: thing}
            mutations:
              thingRename:
                takes: id input:ThingInput
                impacts: [write]
                reversibility: recoverable
                resources: {id: thing}
                facts: [input.name]
                outlines: [input.extra]
                effect: Renames.
                undo:
                  read: thing
                  arguments: {id: "{id}"}
                  values: {input.name: answer.name}
                  restore: thingRename
                  sends: {id: "{id}"}
                  kept: [write]
                when:
                  - if: {other-than: {input.replace: false}}
                    impacts: [destroy]
                    reversibility: irreversible
                    because: It replaces.
                safer: {use: thingRename, how: Do less.}
            """;

    private static GraphqlCatalog load(String text) {
        return GraphqlCatalogReader.read(
                CatalogSection.read("acme.yaml", Bytes.utf8(text).toArray()));
    }

    @Test
    void anOwnCatalogIsFoundBesideBuiltInOnes() {
        Catalogs catalogs = Catalogs.builtIn().with(Map.of("acme", new Seal.OwnCatalog("acme", SMALL, false)));
        assertThat(catalogs.names())
                .containsExactlyInAnyOrder(
                        "acme",
                        "anthropic",
                        "crates",
                        "gemini",
                        "git",
                        "github",
                        "go",
                        "hetzner",
                        "maven",
                        "neon",
                        "npm",
                        "openai",
                        "pg",
                        "pypi",
                        "railway",
                        "supabase",
                        "web");
        assertThat(catalogs.find("acme").orElseThrow().operations()).hasSize(2);
        assertThat(catalogs.digest("acme")).contains(Bytes.utf8(SMALL).sha256());
        assertThat(catalogs.find("nobody")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "provider: acme | provider: Acme | `provider`: must be a lower-case word",
                "provider: acme | provider: acme~colour: red | `colour`: is not a known key here",
                "provider: acme | provider: acme~provider: acme | is given twice",
                "'labels: [id]' | 'labels: &a [id]' | anchors",
                "'labels: [id]' | 'labels: [id]~ignores-case: [disk]' | `ignores-case.[0]`: is not a type",
                "'labels: [id]' | 'labels: [*a]' | anchors",
                "provider: acme | provider: !word acme | anchors",
                "interlock-catalog@v1 | interlock-catalog@v2 | `format`: must be",
                "protocol: graphql | protocol: rest | `protocol`: must be",
                "labels: [id] | labels: id | `labels`: must be a list",
                "'labels: [id]' | 'labels: [id]~holds-data: [nothing]' | `holds-data.[0]`: is not a resource type",
                "[/graphql] | [graphql] | `endpoints.[0]`: must be an absolute path",
                "[authorization] | [Authorization] | `carriers.headers.[0]`: must be in lower case",
                "'owner^Owner' | 'owner^Nobody' | `types.Thing`: names the type `Nobody`",
                "'owner^Owner' | 'owner^' | `types.Thing`",
                "'id name secret' | 'id id secret' | `types.Thing`: `id` is given twice",
                "'input:ThingInput' | 'input:Nothing' | `mutations.thingRename`: names the type `Nothing`",
                "Thing.secret: always | Thing.sercet: always | `secrets.Thing.sercet`: names no field",
                "Thing.secret: always | Thing.secret: sometimes | `secrets.Thing.secret`: must be a mapping",
                "impacts: [write] | impacts: [wirte] | `mutations.thingRename.impacts.[0]`: `wirte` is not an impact",
                "impacts: [write] | impacts: [unknown] | `mutations.thingRename.impacts`: must name impacts",
                "impacts: [write] | impacts: [] | `mutations.thingRename.impacts`: must name impacts",
                "impacts: [write] | impacts: [write, write] | is listed twice",
                "reversibility: recoverable | reversibility: maybe | is not a reversibility",
                "facts: [input.name] | facts: [input.nmae] | there is no argument `input.nmae`",
                "facts: [input.name] | facts: [in put] | is not a path",
                "facts: [input.name] | fcats: [input.name] | `mutations.thingRename.fcats`: is not a known key",
                "other-than: {input.replace: false} | other-than: {input.other: false} | there is no argument",
                "other-than: {input.replace: false} | maybe: input.replace | is not a condition",
                "other-than: {input.replace: false} | 'present: input.name, absent: input.name' | exactly one key",
                "because: It replaces. | why: It replaces. | `mutations.thingRename.when.[0].why`: is not a known key",
                "'reversibility: recoverable' | 'reversibility: reversible' | `mutations.thingRename.undo`: makes the operation",
                "answer.name | answer.nmae | `mutations.thingRename.undo`: reads `nmae`, which a `Thing` does not have",
                "answer.name | answer.owner | `mutations.thingRename.undo`: reads `owner`, which has fields",
                "answer.name | answer | `mutations.thingRename.undo.read`: answers with fields",
                "'read: thing' | 'read: things' | `mutations.thingRename.undo.read`: is no operation",
                "effect: Renames. | 'loses: nothing' | `mutations.thingRename.loses`: must be one of everything, environment",
                "effect: Renames. | 'about: secrets' | `mutations.thingRename.about`: must be one of backups, logs, files",
                "use: thingRename | use: thingForget | `mutations.thingRename.safer`: is not a mutation",
            })
    void aMistakeIsNamedWithFileAndKey(String right, String wrong, String complaint) {
        assertThat(SMALL).contains(right);
        assertThatThrownBy(() -> load(
                        SMALL.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong.replace('~', '\n')))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("acme.yaml")
                .hasMessageContaining(complaint);
    }

    private static final String ABSTRACT = SMALL.replace(
                    "Thing: id name secret owner^Owner", "Thing: id name secret at(page) thing:Thing owner^Owner")
            .replace("  Owner: id things:Thing\n", """
                      Owner: id things:Thing
                      Any: id
                      Named: id name
                    subtypes:
                      Any: Thing
                      Named: Thing
                    """);

    /** A request may select a field by the name of either type. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'Any: Thing' | 'Any: Nothing' | `subtypes.Any`: names the type `Nothing`",
                "'Any: Thing' | 'Any: Named' | `subtypes.Any`: names `Named`, which has subtypes itself",
                "'Any: Thing' | 'Any: Thing Thing' | `subtypes.Any`: names `Thing` twice",
                "'Named: Thing' | 'Nobody: Thing' | is about the type `Nobody`, which `types` does not list",
                "'Any: id' | 'Any: id size' | `Any.size` and `Thing.size` must be alike, and the second lacks it",
                "'Any: id' | 'Any: id secret' | `Any.secret` and `Thing.secret` must be alike, and they differ in `secrets`",
                "'Any: id' | 'Any: owner:Owner' | `Any.owner` and `Thing.owner` must be alike, and only one leads out",
                "'Any: id' | 'Any: at(page size)' | `Any.at` and `Thing.at` must be alike, and the second lacks an argument",
                "'Any: id' | 'Any: thing:Owner' | `Any.thing` and `Thing.thing` must be alike, and the second leads to",
                "'Any: id' | 'Any: thing' | `Any.thing` and `Thing.thing` must be alike, and the second leads to",
            })
    void aFieldIsAlikeInAnInterfaceAndItsSubtypes(String right, String wrong, String complaint) {
        load(ABSTRACT);
        assertThat(ABSTRACT).contains("\n  " + right + "\n");
        assertThatThrownBy(() -> load(ABSTRACT.replace("\n  " + right + "\n", "\n  " + wrong + "\n")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("acme.yaml")
                .hasMessageContaining(complaint);
    }

    /** Otherwise whoever leaves the argument out reads without a name. */
    @Test
    void aNamingArgumentNeedsTheFieldThatIsNamed() {
        String meaning = "meanings: {file: {argument: true, fields: [%s]%s}}\n";
        String named = SMALL.replace("Thing: id name secret owner^Owner", "Thing: id name(at) secret owner^Owner");
        assertThatThrownBy(() -> load(named + meaning.formatted("Thing.name.at", "")))
                .hasMessageContaining("no `Type.field` says what is read by it");
        load(named + meaning.formatted("Thing.name.at, Thing.secret", ""));
        load(named + meaning.formatted("Thing.name.at, Thing.secret", ", through: [Owner.things]"));
        assertThatThrownBy(() ->
                        load(named + meaning.formatted("Thing.name.at, Thing.secret", ", through: [Owner.nothing]")))
                .hasMessageContaining("is no field that this meaning is about");
    }

    @Test
    void aMissingSectionIsNamed() {
        assertThatThrownBy(() -> load(SMALL.replaceFirst("labels: \\[id]\n", "").replaceFirst("secrets:\n.*\n", "")))
                .hasMessageContaining("`secrets`: is missing");
    }

    @Test
    void aFileThatIsNoYamlIsNamed() {
        assertThatThrownBy(() -> load("format: [")).hasMessageStartingWith("acme.yaml:1:10: this is not plain YAML: ");
        assertThatThrownBy(() -> load("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> load(SMALL + "---\nformat: x\n")).hasMessageContaining("acme.yaml:");
    }

    /** The example in the documentation is a complete catalog. */
    @Test
    void theDocumentedExampleLoads() throws IOException {
        Path document = Path.of("../docs/formats/catalog.md");
        Matcher example = Pattern.compile("(?s)```yaml\n(format:.*?)```").matcher(Files.readString(document));
        assertThat(example.find()).isTrue();
        assertThat(load(example.group(1)).name()).isEqualTo("acme");
    }
}
