package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.Catalogs;
import dev.interlock.setup.ToolJudgement.Effect;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ApiProposalTest {

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void copy() throws IOException {
        file = directory.resolve("shop.yaml");
        try (InputStream in = Objects.requireNonNull(ApiProposalTest.class.getResourceAsStream("shop.yaml"))) {
            Files.copy(in, file);
        }
    }

    private ApiProposal shop() throws IOException {
        return ApiProposal.of("shop", ApiDescription.read(file));
    }

    @Test
    void operationsAreJudgedByAllThatIsSaidOfThem() throws IOException {
        Map<String, Effect> effects = new TreeMap<>();
        shop().lines().forEach(line -> line.judgement().ifPresent(one -> effects.put(line.name(), one.effect())));
        assertThat(effects)
                .isEqualTo(new TreeMap<>(Map.ofEntries(
                        Map.entry("listOrders", Effect.READS),
                        Map.entry("getOrder", Effect.READS),
                        Map.entry("searchOrders", Effect.READS),
                        Map.entry("orders/comments/get", Effect.READS),
                        Map.entry("queries/get", Effect.READS),
                        Map.entry("addComment", Effect.CHANGES),
                        Map.entry("editComment", Effect.CHANGES),
                        Map.entry("createOrder", Effect.SENDS),
                        Map.entry("orders/refund/create", Effect.SENDS),
                        Map.entry("orders/replace", Effect.LOSES),
                        Map.entry("orders/cancel/get", Effect.LOSES),
                        Map.entry("deleteOrder", Effect.LOSES),
                        Map.entry("putFile", Effect.LOSES),
                        Map.entry("customerKeys", Effect.REVEALS),
                        Map.entry("report", Effect.RUNS),
                        Map.entry("jobs/run/create", Effect.RUNS),
                        Map.entry("setRole", Effect.RIGHTS),
                        Map.entry("postAnything", Effect.UNCLEAR))));
        assertThat(shop().summary()).isEqualTo("20 operations: 7 pass, 11 asked about, 2 refused");
    }

    @Test
    void whatNoLineCanSayIsRefusedAndNamed() throws IOException {
        assertThat(shop().lines())
                .filteredOn(line -> line.text().isEmpty())
                .extracting(ApiProposal.Line::words)
                .containsExactly(
                        "refused: its body is multipart/form-data",
                        "refused: Interlock cannot describe `GET` of this path");
    }

    @Test
    void theCatalogIsValidAndItsPathsPlaceThings() throws IOException {
        String catalog = shop().catalog();
        assertThat(Catalogs.mistakes("shop.yaml", Bytes.utf8(catalog))).isEmpty();
        assertThat(catalog)
                .contains(
                        "  comment: [\"{order}/{comment}\"]\n",
                        "  listOrders: 'GET /orders ?page'\n",
                        "  searchOrders:\n    request: 'POST /orders/search {text}'\n    impacts: [read]\n",
                        "request: 'POST /orders {customer note lines:*}'\n    impacts: [write]\n"
                                + "    reversibility: irreversible\n",
                        "headers: [authorization, x-api-key]",
                        "whole: [query.sql]")
                .doesNotContain("filter[state]");
        assertThat(shop().types()).contains("order", "comment", "repo", "org");
    }

    @Test
    void theDescriptionSaysWhereTheApiIsAndHowItTakesAToken() throws IOException {
        ApiDescription description = ApiDescription.read(file);
        assertThat(description.address()).contains("https://api.shop.example/v1");
        assertThat(description.tokenHeader()).contains("x-api-key");
    }

    /** Nothing that a stranger wrote ends a line of the catalog. */
    @Test
    void aRelativeServerKeepsItsPath() throws IOException {
        Files.writeString(file, "openapi: 3.0.0\nservers: [{url: /v1/}]\npaths: {}\n");
        ApiDescription description = ApiDescription.read(file);
        assertThat(description.addressAt(URI.create("https://api.example.com/")))
                .isEqualTo("https://api.example.com/v1");
        assertThat(description.addressAt(URI.create("https://api.example.com/own")))
                .isEqualTo("https://api.example.com/own");
    }

    @Test
    void namesThatCouldAddLinesAddNone() throws IOException {
        Files.writeString(file, """
            {"openapi": "3.0.0", "paths": {
              "/a\\n  evil: GET /{path...}": {"get": {}},
              "/b": {"get": {"operationId": "x: GET /{p...}\\n  evil", "summary": "Get it\\n evil: 1",
                "parameters": [{"in": "query", "name": "p' }\\nwrites: {}", "schema": {"type": "string"}}]}},
              "/c": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object",
                "properties": {"x}\\n  evil: {": {"type": "string"}}}}, "a/b\\nevil": {}}}}}}}\
            """);
        String catalog = shop().catalog();
        assertThat(Catalogs.mistakes("shop.yaml", Bytes.utf8(catalog))).isEmpty();
        assertThat(catalog.lines()).noneMatch(line -> line.strip().startsWith("evil") || line.startsWith("writes"));
    }

    @Test
    void anotherFileIsNoDescription() throws IOException {
        Files.writeString(file, "swagger: '2.0'\npaths: {}\n");
        assertThatThrownBy(this::shop)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("OpenAPI 3");
    }

    /** A schema that leads into itself ends. */
    @Test
    void aSchemaMayHoldItself() throws IOException {
        Files.writeString(file, """
            {"openapi": "3.0.0", "components": {"schemas": {"Tree": {"type": "object", "properties": {
              "left": {"$ref": "#/components/schemas/Tree"}, "loop": {"$ref": "#/components/schemas/Loop"}}},
              "Loop": {"$ref": "#/components/schemas/Loop"}}},
             "paths": {"/trees": {"post": {"requestBody": {"content": {"application/json":
              {"schema": {"$ref": "#/components/schemas/Tree"}}}}}}}}\
            """);
        assertThat(shop().catalog()).contains("POST /trees {left:* loop:*}");
    }
}
