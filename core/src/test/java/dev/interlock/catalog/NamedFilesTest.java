package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.SecretFiles;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the catalog of GitHub with the operations whose answers show files, as their published schema says. */
class NamedFilesTest {

    private static final Map<String, String> NO_DOORS = Map.of(
            "actions/list-runner-applications-for-org", "The files are GitHub's own programs.",
            "actions/list-runner-applications-for-repo", "The files are GitHub's own programs.",
            "gists/create", "It shows what the call itself has written.",
            "licenses/get-for-repo", "The file is the licence.",
            "pulls/create-review", "It shows what the call itself has written.",
            "repos/create-or-update-file-contents", "The call names the file, and has written it.",
            "repos/delete-file", "The call names the file, which is gone.",
            "repos/get-readme", "The file is the README.",
            "repos/get-readme-in-directory", "The file is a README.");

    private static final Map<String, OperationSummary> GITHUB =
            BuiltIn.CATALOGS.find("github").orElseThrow().operations().stream()
                    .collect(Collectors.toMap(
                            each -> each.operation().name(), Function.identity(), OperationSummary::or));

    @Test
    void everyAnswerThatShowsFilesIsScreened() {
        assertThat(RestFixture.lines("github-files.tsv"))
                .filteredOn(line -> !line.startsWith("#"))
                .hasSizeGreaterThan(40)
                .allSatisfy(line -> {
                    String[] fields = line.split("\t");
                    OperationSummary known = GITHUB.get(fields[0]);
                    assertThat(known).as(fields[0]).isNotNull();
                    assertThat(known.topic().equals(Optional.of(OperationTopic.NAMED_FILES)))
                            .as(line)
                            .isEqualTo(!NO_DOORS.containsKey(fields[0]));
                    for (String shown : fields[1].split(" ")) {
                        boolean isMedia = shown.startsWith("application/");
                        assertThat(isMedia || FileTexts.TEXTS.contains(shown.substring(shown.lastIndexOf('.') + 1)))
                                .as(line)
                                .isTrue();
                    }
                });
    }

    /** They say {@code $secret-files}: a list of their own would lack what another one has. */
    @Test
    void noCatalogListsSecretFilesItself() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/dev/interlock/catalog"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".yaml")))
                    .hasSizeGreaterThan(30)
                    .allSatisfy(file -> assertThat(lists(new YAMLMapper().readTree(file.toFile())))
                            .as(file.toString())
                            .noneMatch(list -> list.stream()
                                            .filter(word -> SecretFiles.contains(word.replace('*', 'x')))
                                            .count()
                                    > 2));
        }
    }

    private static Stream<List<String>> lists(JsonNode node) {
        List<String> own = new ArrayList<>();
        if (node.isArray()) {
            node.forEach(item -> own.add(item.asText()));
        }
        return Stream.concat(Stream.of(own), node.valueStream().flatMap(NamedFilesTest::lists));
    }

    @Test
    void toolsThatDoTheSameAreScreened() {
        assertThat(Set.of(
                        "get_commit",
                        "pull_request_read/get_diff",
                        "pull_request_read/get_files",
                        "search_code",
                        "get_gist",
                        "get_file_contents"))
                .allSatisfy(tool -> assertThat(GITHUB.get(tool).topic()).contains(OperationTopic.NAMED_FILES));
    }
}
