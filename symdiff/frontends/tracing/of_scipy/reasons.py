"""Why functions of SciPy's are not followed with symbolic values: reasons, and the names that they hold for."""

from __future__ import annotations

import sys

PARTS = (
    "signal",
    "ndimage",
    "stats",
    "optimize",
    "integrate",
    "interpolate",
    "linalg",
    "special",
    "fft",
    "spatial.distance",
)

WHY: dict[str, str] = {
    "finds numbers that depend on nothing, zeros, nodes or coefficients; it runs as it is": """
        ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros fresnelc_zeros
        fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros
        kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros roots_legendre roots_chebyt roots_chebyu
        roots_chebyc roots_chebys roots_jacobi roots_laguerre roots_genlaguerre roots_hermite roots_hermitenorm
        roots_gegenbauer roots_sh_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi p_roots t_roots u_roots
        c_roots s_roots j_roots l_roots la_roots h_roots he_roots cg_roots ps_roots ts_roots us_roots js_roots
        bernoulli euler mathieu_even_coef mathieu_odd_coef newton_cotes lebedev_rule dft hadamard helmert hilbert
        invhilbert pascal invpascal get_window firwin firwin2 firwin_2d firls remez savgol_coeffs butter cheby1 cheby2
        ellip bessel buttord cheb1ord cheb2ord ellipord iirdesign iirfilter iirnotch iirpeak iircomb kaiserord
        kaiser_beta kaiser_atten sosfilt_zi besselap buttap cheb1ap cheb2ap ellipap generate_binary_structure
        iterate_structure next_fast_len prev_fast_len fhtoffset czt_points max_len_seq unit_impulse gammatone
        cspline1d qspline1d
    """,
    "asks or sets something, and computes nothing": """
        geterr seterr set_backend skip_backend set_global_backend register_backend get_workers set_workers
        show_options get_blas_funcs get_lapack_funcs find_best_blas_type issymmetric ishermitian bandwidth is_valid_dm
        is_valid_y num_obs_dm num_obs_y check_COLA check_NOLA choose_conv_method correlation_lags
        closest_STFT_dual_window linprog_verbose_callback check_grad approx_fprime line_search band_stop_obj
    """,
    "its result is piecewise constant, or its length depends on values": """
        round binary_closing binary_dilation binary_erosion binary_fill_holes binary_hit_or_miss binary_opening
        binary_propagation find_objects label labeled_comprehension histogram maximum_position minimum_position
        value_indices watershed_ift distance_transform_bf distance_transform_cdt distance_transform_edt argrelextrema
        argrelmax argrelmin find_peaks find_peaks_cwt peak_prominences peak_widths hamming jaccard dice yule
        rogerstanimoto russellrao sokalsneath directed_hausdorff milp linear_sum_assignment quadratic_assignment
        isotonic_regression null_space orth unique_roots sigmaclip
    """,
    "the solution lies at an edge, or is searched at random: it solves no equation that could be differentiated": """
        linprog lsq_linear nnls basinhopping brute differential_evolution direct dual_annealing shgo fmin_cobyla
        fmin_slsqp fmin_l_bfgs_b fmin_tnc fminbound
    """,
    "write scipy.optimize.root or minimize, which are differentiated": """
        broyden1 broyden2 diagbroyden excitingmixing linearmixing newton_krylov fmin fmin_bfgs fmin_cg fmin_ncg
        fmin_powell golden brent bracket leastsq
    """,
    "write quad for each element, or one quad inside of the other": "cubature quad_vec tanhsinh qmc_quad nsum",
    "a sum over a million points and more: integrate one of the three variables by hand, or at the points of fixed_quad": "tplquad",
    "a mean of two numbers by iteration: write pi / 4 * (a + b) / ellipk(((a - b) / (a + b)) ** 2)": "agm",
    "four functions at once: the sine is that of the inverse of ellipkinc, which scipy.optimize.root solves for": "ellipj",
    "write what it is, in terms of functions that are followed": """
        cosdg sindg tandg cotdg perm jn jve yve h1vp h2vp zetac factorial2 factorialk diric eval_chebyc eval_chebys
        eval_sh_chebyt eval_sh_chebyu eval_sh_legendre eval_sh_jacobi airye lagrange sawtooth chirp gausspulse
        sweep_poly freqs hilbert2 kstat kstatvar directional_stats ttest_ind_from_stats bartlett skewtest kurtosistest
        normaltest differential_entropy combine_pvalues lmoment
    """,
    "gives coefficients or objects, which NumPy computes with; eval_legendre and its like take symbolic values": """
        legendre chebyt chebyu chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm gegenbauer sh_legendre
        sh_chebyt sh_chebyu sh_jacobi assoc_laguerre
    """,
    "its result is a whole number, or a sign: piecewise constant": "gammasgn stirling2 rankdata tiecorrect mode",
    "compares samples by their ranks, by counts, or by samples drawn at random: piecewise constant": """
        anderson_ksamp ansari barnard_exact binned_statistic binned_statistic_2d binned_statistic_dd binomtest
        bootstrap boschloo_exact brunnermunzel bws_test chatterjeexi chi2_contingency cramervonmises_2samp cumfreq
        ecdf fisher_exact fligner friedmanchisquare goodness_of_fit kendalltau kruskal logrank mannwhitneyu
        median_test monte_carlo_test mood multiscale_graphcorr page_trend_test percentileofscore permutation_test
        poisson_means_test power quantile_test ranksums relfreq somersd spearmanr spearmanrho weightedtau wilcoxon
        false_discovery_control ks_2samp ortho_group special_ortho_group unitary_group uniform_direction
        random_correlation
    """,
    "searches parameters, or draws, by methods of its own: write the likelihood, and scipy.optimize.minimize": """
        fit boxcox_normmax boxcox_normplot yeojohnson_normmax yeojohnson_normplot ppcc_max ppcc_plot probplot
        bayes_mvs mvsdist expectile
    """,
    "makes a distribution as an object: the methods of norm, gamma and the others take symbolic values": """
        make_distribution truncate order_statistic abs exp log Binomial Logistic Mixture Normal Uniform rv_continuous
        rv_discrete rv_histogram
    """,
    "no derivative is known in closed form with respect to what it is a function of": """
        bdtrik bdtrin btdtria btdtrib chndtrix chndtridf chndtrinc fdtridfd gdtria gdtrib gdtrix nbdtrik nbdtrin
        ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf nctdtrinc nctdtrit nrdtrimn nrdtrisd pdtrik stdtridf
    """,
    "a special function without a row here: its derivative is not given": """
        special.bei beip ber berp besselpoly chdtriv chndtr ellip_harm ellip_harm_2 ellip_normal kei keip
        kelvin ker kerp kolmogi kolmogorov lmbda log_wright_bessel lpmv mathieu_a mathieu_b mathieu_cem
        mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 mathieu_sem modfresnelm modfresnelp modstruve
        ncfdtr nctdtr obl_ang1 obl_ang1_cv obl_cv obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv pbdv pbvv pbwa pro_ang1
        pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv smirnov smirnovi struve tklmbda wright_bessel
        it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0 itmodstruve0 itstruve0
    """,
    "gives values of many orders, or derivatives beside values: eval_legendre, spherical_jn and their like are followed": """
        assoc_legendre_p assoc_legendre_p_all legendre_p legendre_p_all lqmn lqn obl_cv_seq pbdn_seq pbdv_seq pbvv_seq
        pro_cv_seq riccati_jn riccati_yn sph_harm_y_all sph_legendre_p sph_legendre_p_all
    """,
    "a factorisation whose factors are not smooth, or of which no rule is given: solve, eigh, svd, qr and cholesky are followed": """
        cdf2rdf cossin hessenberg ldl matrix_balance ordqz qr_delete qr_insert qr_multiply qr_update qz rsf2csf schur
        subspace_angles
    """,
    "takes a function of matrices that is unknown: expm, logm, sqrtm and sinm are followed": "funm expm_cond",
    "makes a matrix of numbers, or puts numbers into one: np.diag and np.concatenate do it": """
        diagsvd fiedler_companion
    """,
    "draws random numbers": "clarkson_woodruff_transform random_table vonmises_fisher",
    "the solution of a quadratic matrix equation, found by a factorisation: write it as scipy.optimize.root": """
        solve_continuous_are solve_discrete_are
    """,
    "Fourier's transform of another kind: write it with np.fft": """
        hfft2 hfftn ihfft2 ihfftn fht ifht czt zoom_fft fourier_gaussian fourier_shift fourier_uniform
        fourier_ellipsoid stft istft lombscargle vectorstrength envelope
    """,
    "designs or converts a filter or a linear system: poles, zeros and matrices, as numbers": """
        abcd_normalize bilinear bilinear_zpk cont2discrete lp2bp lp2bp_zpk lp2bs lp2bs_zpk lp2hp lp2hp_zpk lp2lp
        lp2lp_zpk minimum_phase normalize place_poles sos2tf sos2zpk ss2tf ss2zpk tf2sos tf2ss tf2zpk zpk2sos zpk2ss
        zpk2tf findfreqs invres invresz residue residuez gauss_spline lfiltic
    """,
    "simulates a linear system, or its response: lfilter, freqz or solve_ivp are followed": """
        bode dbode dfreqresp dimpulse dlsim dstep freqresp freqs_zpk freqz_zpk group_delay impulse lsim step
    """,
    "filters by recursion, or by ranks, in code of SciPy's own: lfilter, ndimage.median_filter and rank_filter are followed": """
        cspline1d_eval cspline2d qspline1d_eval qspline2d sepfir2d spline_filter symiirorder1 symiirorder2 medfilt2d
        order_filter wiener deconvolve
    """,
    "a wave with jumps": "square",
    "takes a function of yours that writes into arrays, or is called for each element": """
        generic_filter generic_filter1d generic_laplace generic_gradient_magnitude vectorized_filter
    """,
    "gives places beside values: minimum and maximum are followed": "extrema",
    "chooses knots, poles or nodes by the values, or by iteration: make_interp_spline and make_lsq_spline are followed": """
        AAA LSQBivariateSpline LSQSphereBivariateSpline LSQUnivariateSpline RectSphereBivariateSpline
        SmoothBivariateSpline SmoothSphereBivariateSpline bisplrep generate_knots make_splprep make_splrep splprep
        sproot interpolate.insert BivariateSpline FloaterHormannInterpolator
    """,
    "an interpolant of another kind: RBFInterpolator, LinearNDInterpolator and RegularGridInterpolator are followed": """
        CloughTocher2DInterpolator NdBSpline NdPPoly Rbf interp2d spalde
    """,
    "expands a function of yours by differences: symdiff.taylor does it exactly": "approximate_taylor_polynomial pade",
    "accelerates an iteration: symdiff.fixed_point and scipy.optimize.root are followed": "optimize.anderson",
    "compares samples by ranks, tables or simulation: write the statistic, of which np.sort and np.mean are followed": """
        alexandergovern stats.anderson cramervonmises dunnett epps_singleton_2samp ks_1samp levene kstest
        obrientransform pointbiserialr shapiro siegelslopes sobol_indices theilslopes tukey_hsd
        wasserstein_distance_nd
    """,
    "a quantile, or what is left of samples, by a rule of many: np.quantile, np.percentile and np.sort are followed": """
        quantile scoreatpercentile tmax tmin trim1 trimboth
    """,
    "a distribution whose density has no closed form of rows that are differentiated": """
        crystalball dpareto_lognorm gausshyper genexpon genhalflogistic genhyperbolic geninvgauss irwinhall jf_skew_t
        kappa4 ksone kstwo kstwobign landau levy_stable ncf nct poisson_binom rel_breitwigner studentized_range
        tukeylambda zipf zipfian normal_inverse_gamma
    """,
    "a distribution of counts whose parameters are whole numbers": """
        hypergeom multivariate_hypergeom nchypergeom_fisher nchypergeom_wallenius nhypergeom randint
    """,
    "a distribution of matrices or vectors: write its logarithm with slogdet, solve and multigammaln": """
        matrix_normal matrix_t dirichlet_multinomial
    """,
}  # fmt: skip

# What holds for all names of a kind that have no reason of their own.
KINDS: tuple[tuple[str, str], ...] = (
    ("special.", "a special function without a row here; on numbers it runs as it is"),
    ("stats.", "computed by SciPy in a way of its own; write its formula out"),
    ("", "SciPy's own code, which is not followed; on numbers it runs as it is"),
)

REASONS = {name: reason for reason, names in WHY.items() for name in names.split()}


def why(part: str, name: str) -> str:
    """Why a function of a part of SciPy is not followed; where two parts have one name, the reason may be of one."""
    found = REASONS.get(f"{part}.{name}") or REASONS.get(name)
    return found or next(reason for kind, reason in KINDS if f"{part}.".startswith(kind))


def why_not(path: str) -> str:
    """That of ``scipy.signal.lombscargle``."""
    part, _, name = path.removeprefix("scipy.").rpartition(".")
    return why(part, name)


def said_of(called: list[str]) -> str:
    """What is to be said of the first public function, or class, among those of SciPy's that were called."""
    for qualified in called:
        name = qualified.partition(".")[0]
        part = next((part for part in PARTS if callable(getattr(sys.modules.get(f"scipy.{part}"), name, None))), None)
        if part is not None and (name in REASONS or f"{part}.{name}" in REASONS):
            return f"; scipy.{part}.{name}: {why(part, name)}"
    return ""
