/**
 * Certificates for tests, made by openssl.
 *
 * @module
 */

/** A certificate and its private key: the files, and their PEM text. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly certificateText: string;
  readonly keyText: string;
}

/** A private public key infrastructure. */
export interface Certificates extends AsyncDisposable {
  readonly directory: string;
  /** Signs all of the others. */
  readonly authority: Certificate;
  /** For `127.0.0.1`, `localhost` and `broker.test`. */
  readonly server: Certificate;
  /** Common Name `client`. */
  readonly client: Certificate;
  /** Of an authority that nobody knows. */
  readonly stranger: Certificate;
}

/** Makes certificates that are valid for a day, in a directory that goes when it is disposed of. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await Deno.makeTempDir({ prefix: "certificates-" });
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", {
      args,
      cwd: directory,
      stdout: "null",
      stderr: "piped",
    })
      .output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const read = async (name: string): Promise<Certificate> => {
    const [certificate, key] = [`${directory}/${name}.pem`, `${directory}/${name}.key`];
    return {
      certificate,
      key,
      certificateText: await Deno.readTextFile(certificate),
      keyText: await Deno.readTextFile(key),
    };
  };
  const fresh = (
    name: string,
  ) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
  const authority = async (name: string) => {
    const extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
    await openssl(
      "req",
      "-x509",
      "-days",
      "1",
      "-subj",
      `/CN=${name}`,
      ...fresh(name),
      "-out",
      `${name}.pem`,
      ...extensions,
    );
  };
  const signed = async (name: string, extensions: string) => {
    await Deno.writeTextFile(`${directory}/${name}.ext`, extensions);
    await openssl("req", "-new", "-subj", `/CN=${name}`, ...fresh(name), "-out", `${name}.csr`);
    const signer = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"];
    await openssl(
      "x509",
      "-req",
      "-days",
      "1",
      "-in",
      `${name}.csr`,
      ...signer,
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
  };
  await authority("authority");
  await authority("stranger");
  await signed("server", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:broker.test\nextendedKeyUsage=serverAuth\n");
  await signed("client", "extendedKeyUsage=clientAuth\n");
  return {
    directory,
    authority: await read("authority"),
    server: await read("server"),
    client: await read("client"),
    stranger: await read("stranger"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
