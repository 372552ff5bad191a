/** What Fava hands to the JavaScript module of an extension, in Fava 1.30. */
declare namespace Fava {
  type Parameters = Record<string, string>;

  /** Requests to the extension's own endpoints; Fava's filters are not added. */
  interface Api {
    get(endpoint: string, parameters?: Parameters, output?: "json"): Promise<unknown>;
    get(endpoint: string, parameters: Parameters, output: "string"): Promise<string>;
    get(endpoint: string, parameters: Parameters, output: "raw"): Promise<Response>;
    put(endpoint: string, body?: unknown): Promise<unknown>;
    post(endpoint: string, body?: unknown): Promise<unknown>;
    delete(endpoint: string): Promise<unknown>;
  }

  interface Context {
    api: Api;
  }

  /** What the module exports by default. */
  interface Extension {
    /** Called once per full load, on whatever page. */
    init?(context: Context): void | Promise<void>;
    /** Called after each navigation, to whatever page. */
    onPageLoad?(context: Context): void;
    /** Called after each navigation to a page of the extension. */
    onExtensionPageLoad?(context: Context): void;
  }
}
